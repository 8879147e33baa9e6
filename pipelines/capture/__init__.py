"""Captured packets, decoded as columns: frames, link and network layers, flows, and what applications said."""
