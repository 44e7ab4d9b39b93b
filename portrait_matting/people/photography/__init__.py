"""What a camera does: framing, focus, exposure, the sensor."""
