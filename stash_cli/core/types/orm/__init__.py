"""What makes entities out of plain types: reading, change tracking, relationships, saving.

`entity.StashObject` in the folder above is the door. `hydrate` fills objects from answers; `state` merges
them with what was changed here, `tracking` notices every change, `collections` those made in place.
`relationship` says how entities relate, `members` what its values lead to, `mirror` keeps both sides in
step, `departure` takes out what is gone. `sides` names what takes mutations of its own, `replacing` reads
what they replace, `guards` what must not be sent; `saving` puts it all in order.
"""
