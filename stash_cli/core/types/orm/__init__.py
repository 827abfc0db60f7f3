"""What makes entities out of plain types: reading, change tracking, relationships, saving.

`entity.StashObject` in the folder above is the door; `hydrate` fills objects from answers, `tracking`
remembers what the server has, `relationship` says how entities relate, `mirror` keeps both sides in step,
`sides` names what takes mutations of its own, `saving` puts it all in order.
"""
