"""Labels for photos that have none: soft mattes by another network, or by any tool, with a confidence each."""
