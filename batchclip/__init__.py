"""Clip jobs for Restream: nothing is lost, nothing that could cost twice goes out twice."""

__version__ = "0.1.0"
