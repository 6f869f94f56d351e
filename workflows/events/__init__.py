"""Events: CloudEvents 1.0 in and out, and whether one meets a filter."""
