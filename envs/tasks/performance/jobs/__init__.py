"""What runs inside the sandbox's confined child."""
