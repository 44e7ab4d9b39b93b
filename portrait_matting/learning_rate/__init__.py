"""Cyclical learning rates without a rate to choose by hand.

Read in this order: `schedule` (the curves, pure), `cycle` (the callback that drives an optimizer along a curve),
`suggestion` (a rate from a range test, pure), `finder` (the range test), `curve` (its picture).
"""
