"""The optimizer: samples, judges, pairs and trains, iteration by iteration."""
