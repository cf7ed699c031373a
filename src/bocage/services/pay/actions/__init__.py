"""What Pay writes: each verb is one transaction, and takes effect once however often it is asked."""
