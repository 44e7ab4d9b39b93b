"""Networks that map an image to the logits of its alpha matte."""

from portrait_matting.models.u2net import U2Net, u2net, u2netp

__all__ = ["U2Net", "u2net", "u2netp"]
