"""Losses between the logits of a matte and its true alpha.

Every criterion maps logits (B, K, H, W) and alpha (B, 1, H, W) to float32 (B, K): one figure per image and map.
DeepSupervision turns those into the one number that is minimised.
"""

from portrait_matting.images.transition_band import edge_mask
from portrait_matting.losses.bce import BCE
from portrait_matting.losses.boundary_rmse import BoundaryRMSE, boundary_rmse
from portrait_matting.losses.deep_supervision import DeepSupervision
from portrait_matting.losses.weighted_sum import WeightedSum

__all__ = ["BCE", "BoundaryRMSE", "DeepSupervision", "WeightedSum", "boundary_rmse", "edge_mask"]
