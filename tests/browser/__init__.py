"""A package, so that one Chromium can last for the tests of this folder (`scope="package"`)."""
