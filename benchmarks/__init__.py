"""What is measured: a folder for each benchmark, which declares itself to the harness's registry."""
