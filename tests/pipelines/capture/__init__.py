"""Tests of the packet decoders."""
