"""What Forest writes: statements come in, acts earn grams, grams grow trees."""
