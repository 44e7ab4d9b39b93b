"""Networks, image to the logits of its matte: `network` says what one is, `registry` which there are."""
