### Messages (SND).
