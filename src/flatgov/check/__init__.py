"""The health report of a model or study: what is wrong, where, and how to mend it."""
