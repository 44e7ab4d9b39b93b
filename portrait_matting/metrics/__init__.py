"""Figures of a predicted alpha against the true one. See `functional` for what each is, `alpha` for whole data sets."""

from portrait_matting.metrics.alpha import MAD, MSE, SAD, BandMAD, IoU, alpha_metrics

__all__ = ["MAD", "MSE", "SAD", "BandMAD", "IoU", "alpha_metrics"]
