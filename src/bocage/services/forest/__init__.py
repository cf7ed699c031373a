"""Forest: what one buys, weighed in grams of CO2e, and a forest that grows from low-carbon acts."""
