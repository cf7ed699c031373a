"""What City does: each verb in one transaction."""
