"""`fieldwatch edge aim`: the page that a technician opens on the phone, standing on the ladder.

phone ─HTTP─▶ server ─▶ access (PIN)          all that ever listens on the node, for an hour at most
                └─────▶ desk ─▶ feed ─▶ the running node's window, or the camera itself
                          ├───▶ looker (detectors) ─▶ walk test
                          ├───▶ aiming.solve, aiming.level (geometry)
                          └───▶ write: node.toml, the record, the cloud
"""
