"""Where portraits come from: EasyPortrait, any folder of images and alphas, or portraits that are drawn."""

import os

# Else importing albumentations asks the network for a newer version, and waits for the answer.
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
