"""Every bound of the proofs, in one place."""

# A checkpoint's tree: batches of one lane between two checkpoints. At one batch a second, eleven days.
BATCHES_A_CHECKPOINT_MAX = 1_000_000
PAGE_ROWS_MAX = 100
FAULTS_MAX = 100
# A proof holds a transfer, two paths and a signature: 4 KiB or so.
PROOF_BYTES_MAX = 65_536
PATH_HASHES_MAX = 64
