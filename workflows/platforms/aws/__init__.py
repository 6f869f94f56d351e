"""AWS: Step Functions."""
