"""What people, laboratories and officials do; each verb is one transaction of its caller's."""
