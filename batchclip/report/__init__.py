"""What people are shown: reports, the status, and the progress of a run."""
