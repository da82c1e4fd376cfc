"""Scripted phones with real SIP and RTP: they register, talk by tones, and hear one another.

async with await Phone.register(asterisk, 201) as anna, Outside(asterisk) as outside:
    customer = outside.phone("+358401234567", name="Maija")
    placed = await customer.dial("1010")
    rung = await anna.rings()
    await rung.answer()
    await placed.hears_only(anna)
    await rung.press("*22")
"""
