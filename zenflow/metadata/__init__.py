"""What happened: the records, their tables, the one way to write them and the questions they answer.

`records` is plain values and imports no database; `database.Database` opens, migrates, commits and reads;
`queries` has a file per question. Only the driver of a run writes. This folder knows artifacts and errors,
and nothing of keys, graphs or engines. Nothing is imported here, so that records stay cheap to import.
"""
