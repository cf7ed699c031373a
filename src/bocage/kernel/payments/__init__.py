"""The one door through which services take money: payments, refunds, escrow, disputes, limits."""
