"""The bench of the live tests: real PBXs, callers, and the two sides that are compared."""
