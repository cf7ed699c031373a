"""What Pay hands over on paper or as a file: receipts, statements, takings, posters."""
