"""What unwanted mail and other mail says, in sentences: a prior for a spam filter that speaks to a sentence encoder.

They were written from what everybody knows of mail at the turn of the century, without reading any of the mails that
certificates count: a sentence alone, or a subject and what follows. Each text of several lines is one string.
"""

UNWANTED = (
    "Lose weight fast without diet or exercise, order these herbal pills today.",
    "Cheap prescription drugs online, no prescription needed, discreet shipping to your door.",
    "Enlarge yourself naturally, guaranteed results or your money back.",
    "Hot young girls live on webcam, click here for free adult pictures.",
    "Earn thousands of dollars a week working from home, no experience required.",
    "Be your own boss and reach financial freedom with this proven business opportunity.",
    "Refinance your mortgage at the lowest rates in years, bad credit is no problem.",
    "Consolidate your debts and get rid of your credit cards today.",
    "You have been approved for a platinum credit card with no credit check.",
    "I am the son of a late president and need your help to transfer millions of dollars to your account.",
    "Dear friend, this confidential business proposal concerns a dormant bank account, you will get a share of it.",
    "Congratulations, you have won a free vacation, claim your prize now.",
    "Win cash in our online casino, free chips for new players.",
    "This stock is about to explode, buy now before the price goes up.",
    "Millions of e-mail addresses on a disc, advertise to the whole world with our bulk mail software.",
    "Get a university degree without exams or classes, call this number now.",
    "Term life insurance at low rates, request your free quote.",
    "Toner and ink cartridges for your printer at half the price.",
    "Cable television descrambler, watch all channels for free.",
    "Stop smoking with our revolutionary new product.",
    "Look years younger with human growth hormone.",
    "Find out anything about anyone with this private detective software.",
    "Send five dollars to each of the names on this list and you will be rich within sixty days.",
    "This message was sent to you because you subscribed, to be removed from the list click here to unsubscribe.",
    "This is not spam, reply with remove in the subject line.",
    "Limited time offer, act now, satisfaction guaranteed, visit our web site.",
    "Increase traffic to your web site, we submit it to hundreds of search engines.",
    "Save big on long distance calls, sign up today.",
    "Meet singles in your area tonight.",
    "Free trial, no obligation, toll free call, operators are standing by.",
    "Attention home owners, improve your house with cash in hand.",
    "New cellular phones and accessories free of charge when you sign up.",
    "Lose 20 pounds in one month\n"
    "Our new diet patch burns fat while you sleep. Order today and get one bottle free. Click here.",
    "Viagra online\n"
    "We ship the real thing without a doctor's visit. Lowest prices, private and secure. Visit our "
    "online pharmacy now.",
    "Bigger and better\n"
    "Increase your size by inches with our all natural pills. She will love it. Guaranteed or your "
    "money back.",
    "Adults only\n"
    "Live cams, free movies and thousands of pictures of amateurs. You must be 18 or over to enter "
    "this site.",
    "Make money at home\n"
    "Earn a full time income working only a few hours a week from your home computer. No selling, no "
    "experience needed.",
    "Financial freedom\n"
    "This letter changed my life. Follow these simple instructions exactly and fifty thousand dollars "
    "will come to your mailbox.",
    "Mortgage rates at record lows\n"
    "Lenders compete for your loan. Fill in this short form, good or bad credit accepted, no "
    "obligation.",
    "Get out of debt\n"
    "Cut your monthly payments in half. Stop the calls of collectors. Free consultation with a debt "
    "counselor.",
    "Urgent business proposal\n"
    "I am an officer of a bank and seek a foreign partner for the transfer of a large sum. Your full "
    "confidence is needed.",
    "Assistance required\n"
    "My late husband, a general, left twenty million dollars with a security company. I ask for your "
    "help to move this fund.",
    "You are a winner\n"
    "Your address was drawn from all entries. Claim your holiday for two within 48 hours by calling "
    "this number.",
    "Casino bonus\n"
    "Download our software and play blackjack, slots and poker for real money. We match your first "
    "deposit.",
    "Hot stock alert\n"
    "Our last pick rose three hundred percent. This small company is about to announce big news. "
    "Strong buy.",
    "Email marketing works\n"
    "Reach millions of prospects for one low price. We send your advertisement for you, fresh targeted "
    "lists on disc.",
    "University diploma\n"
    "Obtain a prestigious degree based on your life experience. No tests, no books, no interviews. "
    "Nobody is turned down.",
    "Save on life insurance\n"
    "Compare quotes from the top companies and save up to seventy percent. It takes one minute.",
    "Printer ink sale\n"
    "Cartridges for all brands with a full guarantee and free shipping on orders over forty dollars.",
    "Free satellite dish\n"
    "A complete system with installation in up to four rooms, hundreds of channels, while supplies "
    "last.",
    "Feel young again\n"
    "Human growth hormone reverses aging, removes wrinkles, restores hair and energy. As seen on "
    "television.",
    "Protect your family\n"
    "Is your computer watched? Erase the traces of what you did on the internet with this software.",
    "Extended car warranty\nDo not get caught by costly repairs. Request a free quote for coverage of your car.",
    "Accept credit cards\nOpen a merchant account for your business. Ninety eight percent approved, no setup fee.",
    "New web hosting offer\n"
    "A domain name, e-mail and unlimited space from ten dollars a month. Be first in the search "
    "engines.",
    "Legal help\n"
    "Have a top law firm on your side for pennies a day. Become an independent associate and earn "
    "commissions.",
    "Investment opportunity\n"
    "Foreign currency and options trading with limited risk. Request your free information package "
    "today.",
    "Lonely?\nThousands of attractive singles want to meet you. Browse their pictures and join for free.",
    "Your account\n"
    "Dear subscriber, you opted in to receive special offers from our partners. To stop receiving them "
    "follow the link below.",
    "Norton software clearance\n"
    "Professional utilities worth three hundred dollars for only thirty. Limited quantities. Order by "
    "fax or phone.",
    "Government grants\n"
    "Free cash that never has to be repaid. Find out if you qualify. Our guide shows how to apply.",
    "Copy any movie\nBurn discs with your computer's writer, step by step software, make backup copies.",
    "Wholesale prices\n"
    "Direct from the factory: watches, perfume, phones, jewelry. We are a manufacturer in China and "
    "look for buyers.",
    "Join our network marketing team\n"
    "We build your downline for you before you pay anything. Reserve your position now, the matrix "
    "fills fast.",
    "Don't miss this\n"
    "A special introductory price for our valued customers. Order within the next ten days and receive "
    "two bonus gifts worth a hundred dollars.",
    "Is your computer safe?\n"
    "Scan now for viruses and spyware. Buy our protection today at eighty percent off the store price.",
    "Search engine placement\n"
    "Your site could be in the top ten. We register it with over five hundred directories for one fee.",
    "Toll free conference calls\n"
    "Crystal clear telephone service, no contracts, pennies a minute to anywhere in the world. Become "
    "an agent.",
    "Secret of the millionaires\n"
    "I made so much money that I had to share it. Reply with more info in the subject and I will send "
    "you the details.",
    "Chain letter\n"
    "Make sure that you copy the names and addresses correctly. Mail one dollar to each person. It is "
    "perfectly legal.",
    "Teeth whitening\nA brighter smile in days, at home, without the dentist. Try it risk free for thirty days.",
    "Hair loss\nGrow back your hair naturally. A doctor's formula, results guaranteed.",
    "Burn fat\n"
    "Eat what you want and never gain a pound. The amazing carb blocker is now available without "
    "prescription.",
    "Phentermine, Xanax, Valium\n"
    "Order your medication online tonight, delivered tomorrow. United States doctors approve your "
    "order.",
    "Breast enhancement\n"
    "Fuller and firmer without surgery. Thousands of happy women. See the before and after photos.",
    "Cheating wives\nMeet married women in your city who want a discreet affair. Free membership.",
    "Teen schoolgirls\nThe hottest hardcore site on the web with free passwords. Click to see everything now.",
    "Barely legal\nShe is waiting for you in our private chat room. No credit card needed.",
    "Need cash?\n"
    "Get up to fifteen hundred dollars by tomorrow in your bank account. No credit check, apply online "
    "in minutes.",
    "Home owners wanted\n"
    "You may have a second mortgage loan of up to 125 percent of the value of your home. Cash out now.",
    "Credit repair\nErase bad credit legally. Remove bankruptcies, judgments and late payments from your report.",
    "Unsecured credit card\nYou are guaranteed a line of five thousand dollars. Everyone is approved.",
    "Earn commissions\n"
    "Our top representatives receive weekly checks. Training is provided, start today with no "
    "investment.",
    "Envelope stuffers needed\n"
    "Work from home, paid weekly for each envelope. Send a self addressed stamped envelope.",
    "Own a vending business\n"
    "Exclusive territories are still available. A minimum investment is needed. Leave your name and "
    "phone number.",
    "Oil and gas investment\n"
    "An exceptional return with tax benefits. Forward looking statements involve risks. This is not an "
    "offer to sell securities.",
    "Reply in strict confidence\n"
    "I got your contact through the chamber of commerce. The contract sum of thirty million United "
    "States dollars awaits transfer.",
    "From the desk of the barrister\n"
    "My client died in a plane crash with his family. I want you to stand as next of kin to the "
    "deposit.",
    "Next of kin\nI am the widow of the former head of state. The new government has frozen our accounts abroad.",
    "Free cell phone\n"
    "Choose a model with free activation, free shipping and free accessories. Some restrictions apply.",
    "Cable filter\nGet all premium channels and pay per view free. Easy to install.",
    "Free DVD\nTake five movies for a penny each when you join the club.",
    "Cigarettes\nPremium brands at duty free prices shipped to your door from Europe.",
    "Psychic reading\nMadame knows your future in love and money. Call for your free reading now.",
    "Religious e-mail list\n"
    "Target churches, doctors or lawyers with our up to date databases of addresses and fax numbers.",
    "Under bill s.1618\n"
    "This message cannot be considered spam as long as we include contact information and a way to be "
    "removed.",
    "Removal instructions\n"
    "If you feel that you received this in error, send a blank e-mail with the word remove. We honor "
    "all requests.",
    "Golf\nAdd forty yards to your drive with these clubs, half price this weekend.",
    "Discount travel\nRound trip and four nights in Florida or the Bahamas for one low price, limited availability.",
    "Timeshare\nAttend a short presentation and receive a free gift. Sell your property with us.",
    "Collectible coins\nOwn a piece of history. Struck in silver and hand numbered, not available in any store.",
    "Translation and web design\n"
    "Our company in India offers low cost programming and data entry services for your business.",
    "Anti aging cream\nLook ten years younger in fourteen days, from a famous clinic.",
    "Fwd: you have got to see this\nSomebody has a crush on you. Click here to find out who it is.",
)

OTHER = (
    "The patch fixes the segmentation fault, please test it and report back.",
    "On Tuesday he wrote: I disagree, and here is why.",
    "Has anybody got this network card to work with the latest kernel?",
    "I get an error when I compile the package from source, any ideas?",
    "The new release of the library is available for download, see the change log.",
    "You need to edit the configuration file and restart the server.",
    "The rpm has a dependency that is missing, try the other repository.",
    "My mail filter gives this message a high score, which rule should be changed?",
    "The mailing list archive has a long thread about it.",
    "Is there a script to sort incoming mail into folders?",
    "Thanks for your answer, that solved my problem.",
    "Let us meet for lunch on Friday, are you free?",
    "The meeting is moved to next week, the agenda is attached.",
    "Please find the minutes of the meeting below.",
    "How are you, we have not talked for a long time, say hello to the family.",
    "The government wants a law on copyright, which is a threat to civil liberties.",
    "I read an interesting article in the newspaper about the war and the economy.",
    "Researchers have discovered a new method, the journal reports.",
    "Today's headlines in technology news.",
    "The company announced its quarterly results and lays off workers.",
    "Your order has been shipped, here is the tracking number.",
    "Your subscription to the newsletter is confirmed, here is your password.",
    "The daily digest of the weblog has these new entries.",
    "What do you think of the design of the protocol?",
    "I think that the market will decide which standard wins.",
    "The band plays in town tonight, the album is great.",
    "A funny story that somebody told me yesterday.",
    "A man was arrested by the police after a strange incident.",
    "The bug is closed as fixed in the repository.",
    "Which laptop would you recommend for running free software?",
    "The user group meets on Thursday evening for a talk.",
    "To leave the discussion list, visit its information page.",
    "Re: installation problem\n"
    "On Monday you wrote: the installer stops with an error. Try to boot with another kernel option, "
    "it worked for me.",
    "Re: patch for review\n"
    "I committed your change to the source tree with small corrections. Please run the tests again.",
    "[Bug 1234] crash on start\n"
    "The developer changed the status from new to assigned. Additional comments: I can reproduce it on "
    "my machine.",
    "Re: false positives\n"
    "The rule matched a legitimate newsletter. I lowered its score and ran the corpus again, here are "
    "the results.",
    "Re: package dependencies\n"
    "You need the development package too. Add this line to your list of sources and run the update.",
    "Re: sound card not working\n"
    "Load the module with the right settings, then check the mixer. The driver is in the latest "
    "kernel.",
    "Question about folders\nHow do I set the default folder and have the mail client show unread messages first?",
    "Re: sequences\nThe key binding calls the wrong procedure in this version. The fix is in the repository.",
    "Re: mirrors down\nThe server is being moved, the archive will be available again tomorrow.",
    "Release announcement\n"
    "Version 2.4 is available. Changes: faster parsing, fewer bugs, new documentation. Download it "
    "from the usual place.",
    "Re: the article about the economy\n"
    "I do not agree with its author. History shows that the opposite happened after the crash.",
    "Re: war\n"
    "The president will go to congress. I wonder what the allies will do, and whether there is any "
    "evidence.",
    "Interesting read\n"
    "Found this on the web: a long essay about software patents and what they do to small companies.",
    "Re: copyright law\nFair use does not mean what the record labels say it means. The court has not decided yet.",
    "Funny\nA man walks into a pub with a sheep. The old ones are the best.",
    "Odd news\n"
    "A woman in Wales found a snake in her washing machine, the BBC reports. Experts say it escaped "
    "from a neighbour.",
    "Science news\nAstronomers have found a new planet, according to a paper in this week's journal.",
    "Headline: browser released\n"
    "Date: this morning. The project has released a new version with tabbed windows. Link and "
    "discussion.",
    "weblog entry\n"
    "I finally wrote down my thoughts on web services, schemas and interoperability. Comments are "
    "welcome.",
    "Re: meeting on Saturday\nI can give a lift to two people from the station. See you in the pub afterwards.",
    "Re: job offer\n"
    "They are looking for a programmer with experience in Java and databases. Forward your CV to me if "
    "interested.",
    "Re: wireless network\n"
    "The access point is on the roof and the antenna points to the hill. Range is about two "
    "kilometres.",
    "Re: broadband prices\n"
    "The telephone company announced flat rate access, but there is no date and not in my area.",
    "Re: using multiple processes\n"
    "Fork is cheap on this system, threads are not needed. Measure before you optimise.",
    "Re: digital signature\nMy key is on the key server. The signature fails because the list changes the message.",
    "Re: perl question\nUse a hash instead of an array, then the loop becomes one line.",
    "Newsletter of the week\n"
    "In this issue: editor's notes, reviews of hardware and software, tips from readers. To change "
    "your subscription visit the member page.",
    "Your order confirmation\n"
    "Thank you for shopping with us. The items below will be sent to the address in your account.",
    "Conference call for papers\n"
    "Submissions are due in March. Topics include security, distributed systems and languages.",
    "Re: family\nWe are back from our holiday, the children loved the beach. Pictures will follow. How is work?",
    "Daily comic\nToday's strip and news from your selected sources, sent to you as requested.",
    "Re: startup ideas\nThe venture capital is gone, but a small team with a good product could still make it.",
    "Re: kernel panic\n"
    "Send the output of the log and your hardware list. It looks like bad memory, run a test over "
    "night.",
    "Re: mail server settings\nSet the relay host and reload. The queue will be flushed within minutes.",
    "Re: your vacation\nSounds great. I was there two years ago and loved the food.",
    "Re: apache configuration\nPut the directive inside the virtual host and check the error log.",
    "Re: partition table\nMake a backup first. Then boot from the rescue disk and restore the table.",
    "cvs commit\nModified files in the module, log message: clean up, remove unused code, update the tests.",
    "Re: unit tests fail\nThe path is wrong on Windows. Use the function of the standard library to join names.",
    "Re: spam statistics\n"
    "Of the messages that arrived last month a third were spam. The filter caught nearly all of them.",
    "Re: bayesian filtering\n"
    "The classifier counts tokens in both corpora and combines the probabilities of the most "
    "interesting ones.",
    "Re: checksum of the message\n"
    "Every server computes a signature and reports it. A few servers time out, discovery helps.",
    "Re: regular expressions\nThe pattern is greedy. Add a question mark or use a character class.",
    "Re: MIME handling\nThe attachment has the wrong content type, so the viewer treats it as text.",
    "Re: window manager\nBind it to the key in the configuration file, then restart the session.",
    "Re: fonts are ugly\nInstall the true type package and add the directory to the font server.",
    "Re: DVD playback\n"
    "You need a library to decode it. The player from the extra repository works without skipping "
    "frames.",
    "apt repository\nNew packages built for the latest release are uploaded. Report breakage to the list.",
    "Re: upgrade\nI did it remotely without problems. Read the release notes about the changed defaults.",
    "Re: Java on Linux\nDownload the binary from Sun, set the path and link the plugin.",
    "Re: database choice\nFor your amount of data either one works. The licence is the difference.",
    "Re: laptop battery\nMine lasts two hours. The power management needs a patched kernel.",
    "Re: geek humour\nThere are ten kinds of people. I will get my coat.",
    "Re: schools\nIn my day we had slide rules. What do they teach them now?",
    "Re: airport security\nThey took my nail scissors but not my lighter. It is theatre, not security.",
    "Re: digital rights\nThe industry wants control of every device. Vote with your wallet.",
    "Re: peer to peer\nThe network does not scale if every query is flooded. Use a distributed hash table.",
    "Re: nanotechnology\nThe article exaggerates. The physics does not allow it at that scale.",
    "Re: religion and science\nThat is a category mistake. Nobody can prove either.",
    "Re: gun control\nCompare the numbers by state before you claim that.",
    "Re: taxes\nA flat tax would not help the poor, as the study shows.",
    "Re: California power crisis\nThe utilities were deregulated badly, and traders made a fortune.",
    "Re: music sales\nI buy more records since I can listen to them first.",
    "Mobile phones\n"
    "Operators hope that picture messages will pay for the third generation licences, the Guardian "
    "reports.",
    "Ancient tomb found\nArchaeologists in Egypt opened a chamber and found another door.",
    "Crop circles\nA farmer says it was made by students with planks and rope.",
    "Re: film review\nThe book is better. The ending made no sense at all.",
    "Your ticket\nYour booking is confirmed. Print this page and bring it to the counter.",
    "Weekly market report\n"
    "Shares fell as investors waited for the earnings of chip makers. Our columnist looks at the week.",
    "Product review\nWe test a digital camera, a wireless router and a handheld. Editors' rating: eight of ten.",
    "Member update\n"
    "You receive this because you registered at our site. Change your preferences at any time. Here "
    "are this week's articles.",
    "Invitation to a party\nWe are having people over on Saturday for a barbecue, bring a bottle. Directions below.",
)
