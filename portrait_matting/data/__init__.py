"""Where portraits come from: EasyPortrait, any folder of images and alphas, or portraits that are drawn."""
