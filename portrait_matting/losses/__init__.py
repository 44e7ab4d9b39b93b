"""Losses: what a network returns and the batch to named scalars, of which "loss" is minimised.

A loss maps outputs (a dict of tensors) and the batch (`image`, `alpha`) to a dict of scalars.
`deep_supervision` is the one for networks whose outputs are all mattes: it holds each against alpha by a criterion:
`boundary_rmse`, `bce`, `l1`, `laplacian`, or a `weighted_sum` of criteria. A criterion maps logits (B, K, H, W) and
alpha (B, 1, H, W) to float32 (B, K): one number per image and map.
"""

from portrait_matting.losses.bce import BCE
from portrait_matting.losses.boundary_rmse import BoundaryRMSE
from portrait_matting.losses.deep_supervision import DeepSupervision
from portrait_matting.losses.l1 import L1
from portrait_matting.losses.laplacian import Laplacian
from portrait_matting.losses.weighted_sum import WeightedSum

__all__ = ["BCE", "L1", "BoundaryRMSE", "DeepSupervision", "Laplacian", "WeightedSum"]
