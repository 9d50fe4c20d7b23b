"""What a user would pick instead, each written as its own documentation would."""
