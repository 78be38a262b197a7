"""Where an answer comes from, and where a visitor went: found and shown."""
