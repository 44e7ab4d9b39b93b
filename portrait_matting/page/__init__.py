"""A page on one's own machine: a photo is dropped, its person cut out, put before another background and saved."""
