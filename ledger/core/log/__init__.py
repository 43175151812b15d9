"""The Merkle log: entries, tree, tiles, checkpoints, cosignatures."""
