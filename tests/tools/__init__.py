"""Independent means of checking that the package itself does not use."""
