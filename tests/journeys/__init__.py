"""One test a journey, each written like the paragraph in ARCHITECTURE.md."""
