"""From the network's matte to what a person wants: the photo's own resolution, another background."""
