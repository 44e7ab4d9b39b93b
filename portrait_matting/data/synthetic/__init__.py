"""Drawn portraits whose soft alpha is known exactly: no download, no disk, the same picture in any process.

scene       who stands before what, composited: the way in
person      every part of a person and the order of painting: head, face, hair (strand), beard, clothes, headwear, hand
background  rooms, shelves, gardens, streets, bokeh; texture: gradients, noise, wood, bricks, wallpaper
brush       anti-aliased shapes on a premultiplied canvas; palette: colours
"""

from portrait_matting.data.synthetic.scene import SPLITS, Layers, draw_layers, draw_portrait

__all__ = ["SPLITS", "Layers", "draw_layers", "draw_portrait"]
