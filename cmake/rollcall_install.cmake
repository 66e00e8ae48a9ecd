# placeholder until the install step is written
