"""Training many small networks at once: this folder alone of the probes needs torch.

A `search` trains settings; the `engine` packs their `networks` into stacks and spreads the stacks
over the cores; a `stack` holds networks of one shape; a `step` updates all of them at once.
"""
