"""Cyclical learning rates without a rate to choose by hand.

Read in this order: `schedule` (the curves, pure), `cycle` (the callback that drives an optimizer along a curve),
`smoothing` and `suggestion` (a rate from the losses of a range test, pure), `range_test` (the callback that records
them), `budget` (what it may cost), `finder` (all of it), `curve` (its picture).
"""
