"""AWS on 127.0.0.1: ministack in one process, and one module per gap between it and what Skiff needs."""
