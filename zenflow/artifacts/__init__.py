"""What values become: materializers turn a value into named blobs and back; the store keeps blobs by their BLAKE3.

`saving` is the way in (`save`, `load`), `lists` splits and joins list artifacts without their types, `registry`
chooses a materializer by declared type, `store` opens a store by its URL (`folder`, `objects`). `codec` and `wire` are
the MessagePack form of plain values; `description` is what is told of any value. This folder knows of `zenflow.errors`
only: no graph, no engine, no database.
"""
