"""What `zenflow init` makes: how a project is called, what files it has, how they come into a folder. Knows no verb."""
