"""The process that delivers: takes what is queued in the database to phones, mailboxes and other systems."""
