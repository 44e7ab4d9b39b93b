"""Drawn portraits whose soft alpha is known exactly: no download, no disk, the same picture in any process.

scene       who stands before what: the way in; exposure: light and grain; pixels: layers in 8 bits, composited
person      the parts of a person and the order of painting: head, face, hair (strand, tress), beard,
            clothes (collar, pattern, strap), hat, headscarf, glasses, hand
background  its kinds and its defocus: scenery (rooms, shelves, gardens, streets, bokeh), texture (wood, bricks, ...),
            foliage (leaves, grass, twigs, ...), and bars before them
brush       anti-aliased shapes on a premultiplied canvas; palette: colours
edition     which drawings these are
"""

from portrait_matting.synthetic.scene import SPLITS, Layers, draw_layers, draw_portrait

__all__ = ["SPLITS", "Layers", "draw_layers", "draw_portrait"]
