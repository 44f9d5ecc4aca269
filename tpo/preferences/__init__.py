"""From scored responses to pairs of chosen and rejected. Pure but for the training judge."""
