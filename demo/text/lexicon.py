"""Word lists, written for this model. No third-party data.

The one rule: a list holds bare words; which of them training may see is decided in `draw.py`.
"""

from __future__ import annotations

NOUNS = """
account address alarm album alert anchor animal answer apple article asset asteroid bakery balance ball ballet
balloon band bank basket battery beach bean bed beetle bell bicycle bill bird blanket block board boat book
border bottle box branch bread brewery bridge brush bucket budget building bus button cable cake calendar
camera camp candle canyon car card cargo case castle cat cell chain chair channel chart cheese circle city
class client clock cloud coat code coffee color column comet comment company compass contact container
contract corner country course cover credit crop crowd cup currency customer cycle data database date deal
delivery desert desk device diagram diet discount disk distance document dog door draft dragon dream dress
drink driver drum duck earth economy edge egg email energy engine entry enzyme error event exam example
exchange expense eye face factory falcon farm fax feature feed fence ferry field figure file film filter
finger fire fish flag flight floor flower fog folder food forecast forest form forum frame fruit fuel fund
game garden gas gate gift giraffe glacier glass goal goat gold grade graph grass group guest guide guitar hall
hammer hand harbor harvest hat heart height hill history holiday home horse hospital host hotel hour house
humidity ice icon image income index insect inventory invoice island issue item jacket job journal juice key
kitchen kite label ladder lagoon lake lamp language lantern laptop law leaf lease lesson letter level library
license light limit line link list loan lobster location lock log luggage machine magazine mail map market
match matrix mattress meadow meal medal medicine meeting member memory menu message metal meter microscope
milk mine mirror mode model molecule money month moon mountain mouse movie mural museum music name nation neck
needle nest net network news night node noise note number nurse object ocean offer office oil onion opera
orchard order organ oven owner page paint pair palace paper parcel park part party passport password patient
payment pen pencil penguin pepper permit person phone photo piano picture pillow pilot pipe pipeline plan
planet plant plate player plot pocket poem point police policy polygon pool population port position post
potato potion power prayer price printer prize process product profile program project proof property protein
pumpkin puppet queue quote rabbit race radio rain range rate reactor recipe record reef region rental report
request reservation rest rice ring risk river road robot rocket roof room root rope route row rule sail salary
sale salmon salt sample sand satellite schedule school score screen sculpture sea season seat second sector
seed sensor server service session shape share sheep shelf shift ship shirt shoe shop shot sign signal silver
singer site size skill sky snow soap sock software soil song sound soup source souvenir space speed spell
spoon sport spring squirrel stage stamp star state station status steel stock stone storage store storm story
street student study sugar suit summary summer sun supply surface switch system table tank task tax tea team
telescope temperature tennis tent test text theater theme theorem thread ticket tide tiger time tip title
token tomato tool topic tower town toy track tractor trade traffic train transfer tree trend trial trip truck
trumpet turbine turtle user vacation vaccine valley value vanilla vehicle version video view village vineyard
violin visa visit voice volcano volume wage wall walnut warehouse warning water wave weather website week
weight wheel wind window wine winter wire wolf wood word work world wrench writer yard year zone
""".split()

VERBS = """
add approve assign book build buy cancel check close compare compute convert copy count create delete deploy
disable download draw enable encrypt estimate extract fetch filter find generate get inspect invite list load
look lookup measure merge monitor move open order parse pause pay plan play plot post predict print publish
query rank rate read record refund register reject remove rename report reserve resize restart run save scan
schedule search sell send set share ship show sign sort split start stop summarize test track translate update
upload validate verify watch write
""".split()

ADJECTIVES = """
big small red green blue yellow black white brown purple orange pink gray old new young happy sad quick slow
bright dark warm cold soft hard long short tall deep quiet loud clean dirty empty full heavy light rich poor
sharp round flat strong weak sweet sour fresh dry wet early late simple complex strange gentle brave clever
lazy busy calm wild tiny huge narrow wide ancient modern local global public private hidden golden silver
wooden
""".split()

FUNCTION_WORDS = """
the a of and to in is that it for on with as at by from this be or are was not have an they which one you had
but all were when your can said there use each how their if will up other about out many then them these so
some her would make like him into has two more go see no way could my than first been who its now people made
over did down only little very after just where most know take through back much before also around another
came come three high every near between own below last never under might while along next sound saw something
thought both few those always looked often together important until children side feet car mile began took
""".split()

GIVEN_NAMES = """
Alice Bob Carol David Emma Frank Grace Henry Irene Jack Karen Leo Maria Nina Oscar Paula Quinn Rosa Sam Tina
Victor Wendy Yara Zoe Anna Ben Clara Daniel Eva Felix Gina Hugo Ivan Julia Kevin Laura Martin Nora Oliver
Peter Rita Simon Thomas Ursula Vera Walter Amir Bella Chen Diego Elif Farah Goran Hana Ines Jonas Kofi Lena
Mika Noah Omar Priya Ravi Sofia Tariq Uma Aiko Arjun Beatriz Björn Camila Dmitri Esther Fatima Gael Hiro Imani
Jürgen Katya Lucía Mateo Nadia Olga Pavel Rafael Selma Tomas Ulrich Violet Wiktor Xavier Yusuf Zara
Bartholomew Cornelia Theodore
""".split()

CITIES = """
London Berlin Madrid Rome Vienna Prague Dublin Lisbon Athens Warsaw Budapest Boston Chicago Denver Dallas
Miami Seattle Toronto Montreal Tokyo Osaka Seoul Beijing Mumbai Delhi Cairo Nairobi Lagos Sydney Perth
Auckland Lima Bogota Santiago Havana Munich Hamburg Zurich Geneva Milan Naples Lyon Nice Bordeaux Porto
Seville Valencia Krakow Riga Tallinn Helsinki Stockholm Bergen Copenhagen Kathmandu Ulaanbaatar Johannesburg
Reykjavik Tbilisi Yerevan Hanoi Jakarta Manila Bangkok Dakar Accra Tunis Amman Quito Caracas Winnipeg Calgary
Adelaide Brisbane Brussels Antwerp Utrecht Leipzig Dresden Turin Palermo Malaga Zagreb Sofia Bucharest Minsk
Kyiv Vilnius Oslo Paris Amsterdam Shanghai Kyoto Taipei
""".split()

COUNTRIES = """
France Germany Spain Italy Poland Japan China India Egypt Kenya Brazil Peru Chile Canada Mexico Norway Sweden
Finland Greece Turkey Portugal Ireland Austria Hungary Romania Nigeria Ghana Morocco Vietnam Thailand Korea
Australia Argentina Colombia
""".split()

LANGUAGES = """
French German Spanish Italian Polish Japanese Chinese Hindi Arabic Turkish Greek Dutch Swedish Finnish Korean
Portuguese Russian Hebrew
""".split()

UNITS = """
meters feet miles kilometers kilograms pounds grams ounces liters gallons celsius fahrenheit inches yards
""".split()

CITIES_OF_TWO_WORDS = [
    "New York",
    "San Francisco",
    "Los Angeles",
    "Hong Kong",
    "Cape Town",
    "Buenos Aires",
    "Rio de Janeiro",
    "Tel Aviv",
    "Sao Paulo",
    "Mexico City",
    "New Delhi",
    "Saint Petersburg",
]

# Syllables of invented words: beginnings, vowels, ends, and endings of a whole word.
ONSETS = """
b c d f g h j k l m n p r s t v w z br ch cl cr dr fl fr gl gr kl pl pr qu sc sh sk sl sm sn sp st str sw th
tr tw wh y x
""".split()
VOWELS = """
a e i o u a e i o u ai ea ee ie oa oo ou y au ei
""".split()
CODAS = """
b d f g k l m n p r s t v x z ck ft ld lk ll lt mp nd ng nk nt rd rk rm rn rt sh sk sp st th tch
""".split()
SUFFIXES = """
er ing ed ly tion ment ness able ous ist ize ful al ic ism ity ton ville burg land ford field son
""".split()
