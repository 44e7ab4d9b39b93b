"""From surfaces and strands to a picture with an exact alpha: camera, depth buffer, light, shadows, shading."""
